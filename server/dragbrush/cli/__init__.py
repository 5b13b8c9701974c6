"""The command line. Importing it loads neither torch nor a picture library; the commands do, once they need them."""
