"""The command line. Importing it loads neither torch nor a picture library; its commands do, when they run."""
