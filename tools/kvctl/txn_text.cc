#include "tools/kvctl/txn_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "tools/common/escape.h"
#include "tools/common/line_reader.h"
#include "tools/kvctl/request_options.h"
#include "tools/kvctl/requests.h"

namespace tools::kvctl {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::RequestOp;
using etcdserverpb::TxnRequest;

constexpr std::string_view kBlanks = " \t\r\v\f";

std::unexpected<Failure> bad_txn(std::string text) {
  return refuse(kExitData, std::move(text));
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

bool take(std::string_view& text, std::string_view token) {
  text = trim(text);
  if (!text.starts_with(token)) return false;
  text.remove_prefix(token.size());
  return true;
}

std::optional<Compare::CompareTarget> parse_target(std::string_view name) {
  if (name == "ver" || name == "version") return Compare::VERSION;
  if (name == "c" || name == "create") return Compare::CREATE;
  if (name == "m" || name == "mod") return Compare::MOD;
  if (name == "val" || name == "value") return Compare::VALUE;
  if (name == "lease") return Compare::LEASE;
  return std::nullopt;
}

std::optional<Compare::CompareResult> take_result(std::string_view& text) {
  if (take(text, "!=")) return Compare::NOT_EQUAL;
  if (take(text, "=")) return Compare::EQUAL;
  if (take(text, "<")) return Compare::LESS;
  if (take(text, ">")) return Compare::GREATER;
  return std::nullopt;
}

bool set_operand(Compare& compare, const std::string& text) {
  if (compare.target() == Compare::VALUE) {
    compare.set_value(text);
    return true;
  }
  std::int64_t number = 0;
  const int base = compare.target() == Compare::LEASE ? 16 : 10;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (compare.target() == Compare::VERSION) compare.set_version(number);
  if (compare.target() == Compare::CREATE) compare.set_create_revision(number);
  if (compare.target() == Compare::MOD) compare.set_mod_revision(number);
  if (compare.target() == Compare::LEASE) compare.set_lease(number);
  return true;
}

std::optional<std::string> take_operand(std::string_view text) {
  text = trim(text);
  if (!text.starts_with('"')) return text.empty() ? std::nullopt : std::optional(std::string(text));
  auto value = unquote(text);
  return trim(text).empty() ? value : std::nullopt;
}

Outcome<std::string> take_word(std::string_view& rest, std::string_view line) {
  if (rest.starts_with('"')) {
    auto word = unquote(rest);
    if (!word) return bad_txn("bad quotes: " + std::string(line));
    return std::move(*word);
  }
  std::size_t length = rest.find_first_of(kBlanks);
  std::size_t skip = 0;
  if (rest.starts_with('\'')) {
    rest.remove_prefix(1);
    length = rest.find('\'');
    if (length == std::string_view::npos) return bad_txn("bad quotes: " + std::string(line));
    skip = 1;
  }
  std::string word(rest.substr(0, length));
  rest.remove_prefix(std::min(rest.size(), word.size() + skip));
  return word;
}

Outcome<Parsed> parse_line(std::span<const OptionSpec> options, const std::vector<std::string>& words) {
  const Environment nothing = [](const std::string&) { return std::nullopt; };
  return OptionParser(options, {}).parse(words, nothing, {});
}

Outcome<RequestOp> make_operation(const std::string& verb, const std::vector<std::string>& words) {
  RequestOp operation;
  if (verb == "get") {
    TRY_ASSIGN(const Parsed options, parse_line(kGetLineOptions, words));
    TRY_ASSIGN(*operation.mutable_request_range(), range_request(options));
  } else if (verb == "del") {
    TRY_ASSIGN(const Parsed options, parse_line(kDeleteLineOptions, words));
    TRY_ASSIGN(*operation.mutable_request_delete_range(), delete_request(options));
  } else if (verb == "put") {
    TRY_ASSIGN(const Parsed options, parse_line(kPutLineOptions, words));
    const auto& arguments = options.arguments();
    if (arguments.size() != (options.on("ignore-value") ? 1U : 2U)) return bad_txn("put takes KEY and VALUE");
    TRY_ASSIGN(*operation.mutable_request_put(),
               put_request(options, arguments.size() > 1 ? arguments[1] : ""));
  } else {
    return bad_txn("\"" + verb + "\" is none of get, put, del");
  }
  return operation;
}

/// The lines of one section, one after the other.
class SectionReader {
 public:
  explicit SectionReader(std::istream& in) : lines_(in, kInputLineBytesMax) {}

  /// The next line that is not blank; nothing at the end of the section.
  Outcome<std::optional<std::string>> next() {
    std::string line;
    switch (lines_.next(line)) {
      case LineReader::Next::kEnd:
        return std::optional<std::string>();
      case LineReader::Next::kTooLong:
        return located(
            {kExitLimit, "longer than the limit of " + std::to_string(kInputLineBytesMax) + " bytes"});
      case LineReader::Next::kFailed:
        return located({kExitIo, "standard input cannot be read"});
      case LineReader::Next::kLine:
        break;
    }
    if (trim(line).empty()) return std::optional<std::string>();
    return std::optional<std::string>(trim(line));
  }

  std::unexpected<Failure> located(const Failure& failure) const {
    return refuse(failure.exit, "line " + std::to_string(lines_.number()) + ": " + failure.text);
  }

 private:
  LineReader lines_;
};

template <class Item, class Parse>
Outcome<void> read_section(SectionReader& reader, google::protobuf::RepeatedPtrField<Item>& items,
                           Parse parse) {
  for (;;) {
    TRY_ASSIGN(const std::optional<std::string> line, reader.next());
    if (!line) return {};
    auto item = parse(*line);
    if (!item) return reader.located(item.error());
    *items.Add() = std::move(*item);
  }
}

}  // namespace

Outcome<Compare> parse_compare(std::string_view line) {
  const std::string malformed = "malformed comparison: " + std::string(line);
  const auto open = line.find('(');
  if (open == std::string_view::npos) return bad_txn(malformed);
  const std::string_view name = trim(line.substr(0, open));
  const auto target = parse_target(name);
  if (!target) return bad_txn(malformed + " (unknown target " + std::string(name) + ")");
  std::string_view rest = trim(line.substr(open + 1));
  auto key = unquote(rest);
  if (!key || !take(rest, ")")) return bad_txn(malformed + " (the key must be in double quotes)");
  const auto result = take_result(rest);
  if (!result) return bad_txn(malformed + " (the operator must be one of = != < >)");
  const auto operand = take_operand(rest);
  Compare compare;
  compare.set_target(*target);
  compare.set_result(*result);
  compare.set_key(std::move(*key));
  if (!operand || !set_operand(compare, *operand))
    return bad_txn(malformed + " (not a value for " + std::string(name) + ")");
  return compare;
}

Outcome<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  for (std::string_view rest = trim(line); !rest.empty(); rest = trim(rest)) {
    TRY_ASSIGN(std::string word, take_word(rest, line));
    words.push_back(std::move(word));
  }
  return words;
}

Outcome<RequestOp> parse_operation(std::string_view line) {
  TRY_ASSIGN(std::vector<std::string> words, split_words(line));
  if (words.empty()) return bad_txn("an empty request");
  const std::string verb = words.front();
  words.erase(words.begin());
  auto operation = make_operation(verb, words);
  if (!operation) return bad_txn("invalid txn request: " + std::string(line) + ": " + operation.error().text);
  return operation;
}

Outcome<TxnRequest> parse_transaction(std::istream& in, const std::function<void(std::string_view)>& prompt) {
  TxnRequest request;
  SectionReader reader(in);
  prompt("compares:");
  TRY(read_section(reader, *request.mutable_compare(), parse_compare));
  prompt("success requests (get, put, del):");
  TRY(read_section(reader, *request.mutable_success(), parse_operation));
  prompt("failure requests (get, put, del):");
  TRY(read_section(reader, *request.mutable_failure(), parse_operation));
  return request;
}

}  // namespace tools::kvctl
