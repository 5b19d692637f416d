"""The console script `callward`, and `python -m callward`."""

import callward  # noqa: F401  (puts the packages on the path)


def main() -> None:
    """Run the command line."""
    from cli import main as run

    run(prog_name="callward")


if __name__ == "__main__":
    main()
