"""SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM: layers whose state is a variable tensor of the model."""
