# Debian's package database as JSON lines: one key per package and field, dpkg/PACKAGE/FIELD.
# In: /var/lib/dpkg/status, paragraphs of `Field: value`, continued on lines that begin with a space.

# A JSON string. mawk, Debian's awk, works on bytes: what is UTF-8 stays so.
function quoted(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/"/, "\\\"", text)
  gsub(/\t/, "\\t", text)
  gsub(/\n/, "\\n", text)
  return "\"" text "\""
}

function flush_field() {
  if (package != "" && field != "") {
    print "{\"key\":" quoted("dpkg/" package "/" field) ",\"value\":" quoted(value) "}"
  }
  field = ""
}

/^ / { value = value "\n" substr($0, 2); next }

{ flush_field() }

/^$/ { package = ""; next }

{
  colon = index($0, ":")
  field = substr($0, 1, colon - 1)
  value = substr($0, colon + 1)
  sub(/^ /, "", value)
  if (field == "Package") package = value
}

END { flush_field() }
