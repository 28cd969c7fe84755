"""Whether the tests notice small harms: mutants of the modules on which nothing lost depends."""
