"""A finished model on trial: parity, streams, boards, disturbances, other people; and how many people it takes."""
