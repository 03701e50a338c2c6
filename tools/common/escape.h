// Bytes as text and back: hex, quoted strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tools {

/// Each byte as \xHH: etcdctl's --hex.
std::string hex_escape(std::string_view bytes);

/// Plain hexadecimal, either case, or the \xHH form above; nothing when it is neither.
std::optional<std::string> hex_decode(std::string_view text);

/// In double quotes with Go's %q escapes: printable UTF-8 stays, \n \t \" \\ \xHH \u00HH for the rest.
std::string quote(std::string_view bytes);

/// Reads one double-quoted string from the front of `text`, and moves `text` behind it. Understands what
/// quote() writes and the rest of Go's escapes. Nothing, and `text` untouched, when there is none.
std::optional<std::string> unquote(std::string_view& text);

}  // namespace tools
