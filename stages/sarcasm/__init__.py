"""What the stages of the pipeline import: no paths of the project, no parameters file, no printing."""
