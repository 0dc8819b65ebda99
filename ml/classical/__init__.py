"""Classical models in integers, from scikit-learn's estimators or trained here, as C for a chip of 2 KB."""
