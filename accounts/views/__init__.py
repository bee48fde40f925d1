"""Pages of people: log-in and password, people, tenures, posts, departments, deputies."""
