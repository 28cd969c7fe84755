"""Run the command `tap-contacts`, also as `python -m tap_contacts`."""

from tap_contacts.plugin import signals, startup


def main() -> None:
    """Import what the command needs, and run it."""
    signals.at_once()
    with startup.resting():
        from tap_contacts.tap import main as run  # noqa: PLC0415
    run()


if __name__ == "__main__":
    main()
