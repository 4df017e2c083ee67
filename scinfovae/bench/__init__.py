"""From the words of a command to runs and their records; trains nothing by itself."""
