"""`python -m ml COMMAND`: train, quantise, compile, verify and report a model."""

from ml.cli import main

if __name__ == "__main__":
    main()
