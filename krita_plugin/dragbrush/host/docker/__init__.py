"""The docker: one small widget a file. They show what the studio says and pass on what a person does."""
