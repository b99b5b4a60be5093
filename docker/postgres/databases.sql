-- The image makes the database `dendrite`; this runs once, with an empty volume.
CREATE DATABASE causeway;
