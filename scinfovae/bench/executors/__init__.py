"""Who does the runs of a plan: this process, a process for each stack of seeds, or Slurm."""
