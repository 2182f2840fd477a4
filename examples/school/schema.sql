-- 4 areas, 24 subjects, 240 lessons, 480 exercises, 200,000 attempts: what a small school gathers.
CREATE TABLE area_area (
    id serial PRIMARY KEY,
    name varchar(100) NOT NULL,
    slug varchar(50) NOT NULL UNIQUE,
    position integer NOT NULL
);
CREATE TABLE area_subject (
    id serial PRIMARY KEY,
    area_id integer NOT NULL REFERENCES area_area,
    name varchar(200) NOT NULL,
    slug varchar(50) NOT NULL UNIQUE,
    description text NOT NULL,
    position integer NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE area_lesson (
    id serial PRIMARY KEY,
    subject_id integer NOT NULL REFERENCES area_subject,
    title varchar(200) NOT NULL,
    body text NOT NULL,
    position integer NOT NULL
);
CREATE TABLE exercises_exercise (
    id serial PRIMARY KEY,
    subject_id integer NOT NULL REFERENCES area_subject,
    lesson_id integer NOT NULL REFERENCES area_lesson,
    question text NOT NULL,
    solution varchar(100) NOT NULL,
    position integer NOT NULL
);
CREATE TABLE exercises_attempt (
    id serial PRIMARY KEY,
    exercise_id integer NOT NULL REFERENCES exercises_exercise,
    student_email varchar(254) NOT NULL,
    answer varchar(100) NOT NULL,
    is_right boolean NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE summary_section (
    id serial PRIMARY KEY,
    subject_id integer NOT NULL REFERENCES area_subject,
    title varchar(200) NOT NULL,
    text text NOT NULL,
    position integer NOT NULL
);

INSERT INTO area_area (name, slug, position)
VALUES ('Mathematics', 'mathematics', 1), ('Sciences', 'sciences', 2), ('Languages', 'languages', 3),
       ('History', 'history', 4);

INSERT INTO area_subject (area_id, name, slug, description, position)
SELECT n % 4 + 1, 'Subject ' || n, 'subject-' || n, 'What everybody should know about subject ' || n, n
FROM generate_series(1, 24) n;

INSERT INTO area_lesson (subject_id, title, body, position)
SELECT n % 24 + 1, 'Lesson ' || n, repeat('Once upon a time. ', 40), n FROM generate_series(1, 240) n;

INSERT INTO exercises_exercise (subject_id, lesson_id, question, solution, position)
SELECT n % 24 + 1, n % 240 + 1, 'How much is ' || n || ' + ' || n || '?', (2 * n)::text, n
FROM generate_series(1, 480) n;

INSERT INTO exercises_attempt (exercise_id, student_email, answer, is_right)
SELECT n % 480 + 1, 'student' || n % 1000 || '@example.org', (n % 960)::text, n % 3 = 0
FROM generate_series(1, 200000) n;

INSERT INTO summary_section (subject_id, title, text, position)
SELECT n % 24 + 1, 'Section ' || n, repeat('In short: ', 20), n FROM generate_series(1, 120) n;

CREATE INDEX ON area_lesson (subject_id, position);
CREATE INDEX ON exercises_exercise (subject_id);
CREATE INDEX ON exercises_attempt (student_email);
CREATE INDEX ON summary_section (subject_id);
ANALYZE;
