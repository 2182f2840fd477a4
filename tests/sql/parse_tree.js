// parse_tree.js MODULES: the statements of each text of a JSON array on standard input, and the names they
// should have, by PostgreSQL's own parser (libpg_query). Where it refuses a text, null. The names follow
// Elastic's signatures; see docs/libpq.md, "Names of statements".
"use strict";
const { createRequire } = require("node:module");
const { loadModule, parseSync } = createRequire(process.argv[2] + "/")("libpg-query");

const strings = (list) => list.map((part) => part.String.sval).join(".");
const only = (node) => Object.entries(node)[0];
const wordAt = (text, location) => /^[a-z_]+/i.exec(text.subarray(location).toString())?.[0];

function tableName(relation) {
  return [relation.catalogname, relation.schemaname, relation.relname].filter(Boolean).join(".");
}

// A call, or an expression that is spelt like one: TRIM(...), CAST(...), CURRENT_DATE.
function functionName(node, text) {
  const [kind, call] = only(node);
  if (kind === "FuncCall" && call.funcformat !== "COERCE_SQL_SYNTAX") return strings(call.funcname);
  return wordAt(text, call.location ?? call.constructor.location);
}

// Of the first thing in a FROM clause; null for a subquery.
function nameOf(node, text) {
  const [kind, item] = only(node);
  switch (kind) {
    case "RangeVar": return tableName(item);
    case "JoinExpr": return nameOf(item.larg, text);
    case "RangeTableSample": return nameOf(item.relation, text);
    case "RangeFunction": return functionName(item.functions[0].List.items[0], text);
    case "RangeTableFunc": case "JsonTable": return wordAt(text, item.location);
    default: return null;
  }
}

const isTable = (query) => query.targetList?.[0].ResTarget.location === -1;

// The queries that UNION and the like join, in the order they are written.
function members(query) {
  return query.op === "SETOP_NONE" ? [query] : [...members(query.larg), ...members(query.rarg)];
}

function selectName(query, text) {
  const all = query.withClause ? [query] : members(query);
  if (all[0].withClause) return "WITH";
  if (all[0].valuesLists) return "VALUES";
  if (isTable(all[0])) return "TABLE";
  const from = all.find((member) => member.fromClause && !isTable(member))?.fromClause[0];
  const name = from && nameOf(from, text);
  return name ? `SELECT FROM ${name}` : "SELECT";
}

function firstWord(text) {
  const blanks = /^(?:\s|\(|--.*|\/\*[^]*?\*\/)*/;
  return /^[a-z_]+/i.exec(text.toString().replace(blanks, ""))[0].toUpperCase();
}

function statementName(statement, text, whole) {
  const [kind, tree] = only(statement);
  if (kind === "SelectStmt") return selectName(tree, whole);
  if (tree.withClause) return "WITH";
  switch (kind) {
    case "InsertStmt": return `INSERT INTO ${tableName(tree.relation)}`;
    case "UpdateStmt": return `UPDATE ${tableName(tree.relation)}`;
    case "DeleteStmt": return `DELETE FROM ${tableName(tree.relation)}`;
    case "CallStmt": return `CALL ${strings(tree.funccall.funcname)}`;
    default: return firstWord(text);
  }
}

function statements(sql) {
  const whole = Buffer.from(sql);
  return parseSync(sql).stmts?.map(({ stmt, stmt_location: start = 0, stmt_len: length }) => {
    const text = whole.subarray(start, length ? start + length : whole.length);
    return { text: text.toString().trim(), name: statementName(stmt, text, whole) };
  }) ?? [];
}

async function main() {
  await loadModule();
  const texts = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  process.stdout.write(JSON.stringify(texts.map((text) => {
    try {
      return statements(text);
    } catch (error) {
      if (error.name !== "SqlError" && !error.sqlDetails) throw error;
      return null;
    }
  })));
}

main();
