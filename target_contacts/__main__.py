"""Run the command `target-contacts`, also as `python -m target_contacts`."""

from tap_contacts.apis import collector, ending


def main() -> None:
    """Import what the command needs, and run it."""
    ending.at_once()
    with collector.resting():
        from target_contacts.target import main as run  # noqa: PLC0415
    run()


if __name__ == "__main__":
    main()
