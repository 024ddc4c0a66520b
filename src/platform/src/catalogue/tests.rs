mod first_version;
mod mistakes;
