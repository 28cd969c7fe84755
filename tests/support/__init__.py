"""What the tests share: starting the commands, stand-ins for servers, people and ledgers."""
