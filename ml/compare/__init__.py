"""`python -m ml compare BASE HEAD`: the effect of a change on accuracy, speed and size of each application."""
