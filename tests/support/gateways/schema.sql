create table item (id int primary key, name text not null);
insert into item select i, 'item ' || i from generate_series(1, 50) i;
create table visit (id serial primary key, path text not null);
