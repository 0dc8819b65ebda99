"""From recordings to a measured model in C: what an application provides (contract), what a user asked for (run), the
stages and their cache, and the table at the end."""
