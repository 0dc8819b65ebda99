"""`python -m ml compare BASE HEAD`: what a change does to the accuracy, speed and size of every application."""
