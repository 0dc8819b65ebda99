"""How long the soak takes; a pytest plugin, so that the option is known wherever the tests are started."""


def pytest_addoption(parser) -> None:
    parser.getgroup("rig").addoption(
        "--soak-minutes",
        type=float,
        metavar="N",
        help="Length of the soak: of virtual time on an emulated board, of real time on a real one.",
    )
