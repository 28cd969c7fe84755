"""Run the command `target-contacts`, also as `python -m target_contacts`."""

from tap_contacts.plugin import signals, startup


def main() -> None:
    """Import what the command needs, and run it."""
    signals.at_once()
    with startup.resting():
        from target_contacts.target import main as run  # noqa: PLC0415
    run()


if __name__ == "__main__":
    main()
