"""What tasks put out, by what it is: values, tables, files, folders."""
