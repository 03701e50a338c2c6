#include "tools/common/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "tools/common/suggest.h"
#include "tools/common/units.h"

namespace tools {
namespace {

namespace po = boost::program_options;

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// The one of `choices` that `text` means, whatever its case; empty when it means none.
std::string_view find_choice(std::string_view text, std::string_view choices) {
  while (!choices.empty()) {
    const auto bar = std::min(choices.find('|'), choices.size());
    if (same_word(choices.substr(0, bar), text)) return choices.substr(0, bar);
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return {};
}

/// What is wrong with `text` as a value of this kind; empty when nothing is.
std::string fault_of(const OptionSpec& spec, std::string_view text) {
  switch (spec.kind) {
    case ValueKind::kText:
      return {};
    case ValueKind::kSwitch:
      return text == "true" || text == "false" ? "" : "it takes no value, or =true or =false";
    case ValueKind::kNumber:
      return parse_number(text) ? "" : "not a whole number";
    case ValueKind::kCount:
      return parse_number(text).value_or(-1) >= 0 ? "" : "not a whole number of 0 or more";
    case ValueKind::kDuration:
      return parse_duration(text) ? "" : "not a duration (300ms, 5s, 1m30s)";
    case ValueKind::kChoice:
      return find_choice(text, spec.choices).empty() ? "not one of " + std::string(spec.choices) : "";
  }
  return {};
}

po::options_description describe(std::span<const OptionSpec> own, std::span<const OptionSpec> common,
                                 const std::function<const OptionSpec&(const OptionSpec&)>& resolve) {
  po::options_description description;
  for (const auto table : {own, common}) {
    for (const OptionSpec& spec : table) {
      std::string name(spec.name);
      if (spec.letter != 0) name += std::string(",") + spec.letter;
      auto* value = po::value<std::string>();
      if (resolve(spec).kind == ValueKind::kSwitch) value->implicit_value("true");
      description.add_options()(name.c_str(), value);  // takes ownership of value
    }
  }
  return description;
}

/// The library refuses an empty value behind "=": it gets it as a word of its own.
std::vector<std::string> split_empty_values(const std::vector<std::string>& words,
                                            const std::function<bool(std::string_view)>& takes_value) {
  std::vector<std::string> out;
  bool options = true;
  for (const std::string& word : words) {
    options = options && word != "--";
    const bool empty = word.starts_with("--") && word.find('=') == word.size() - 1;
    if (options && empty && takes_value(std::string_view(word).substr(2, word.size() - 3))) {
      out.push_back(word.substr(0, word.size() - 1));
      out.emplace_back();
    } else {
      out.push_back(word);
    }
  }
  return out;
}

std::string variable_name(std::string_view prefix, std::string_view option) {
  std::string name(prefix);
  for (const char c : option) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
}

const OptionSpec* find_by_word(std::span<const OptionSpec> table, std::string_view word) {
  const auto found = std::ranges::find_if(table, [word](const OptionSpec& spec) {
    if (word.starts_with("--")) return word.substr(2) == spec.name;
    return word.size() == 2 && word[1] == spec.letter;
  });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

const Parsed::Value* Parsed::find(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? nullptr : &found->second;
}

bool Parsed::given(std::string_view name) const {
  const Value* value = find(name);
  return value != nullptr && value->given;
}

bool Parsed::on(std::string_view name) const {
  return text(name) == "true";
}

std::string Parsed::text(std::string_view name) const {
  const Value* value = find(name);
  return value == nullptr ? std::string() : value->text;
}

std::int64_t Parsed::number(std::string_view name) const {
  return parse_number(text(name)).value_or(0);
}

std::chrono::nanoseconds Parsed::duration(std::string_view name) const {
  return parse_duration(text(name)).value_or(std::chrono::nanoseconds(0));
}

const OptionSpec* OptionParser::find(std::string_view name) const {
  for (const auto table : {own_, common_}) {
    const auto found = std::ranges::find(table, name, &OptionSpec::name);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

const OptionSpec& OptionParser::resolve(const OptionSpec& spec) const {
  const OptionSpec* meant = spec.alias_of.empty() ? nullptr : find(spec.alias_of);
  return meant == nullptr ? spec : *meant;
}

Failure OptionParser::unknown(std::string_view word) const {
  word = word.substr(0, word.find('='));
  std::string text = "unknown option " + std::string(word);
  if (word.starts_with("--")) {
    std::vector<std::string_view> names;
    for (const OptionSpec& spec : own_) names.push_back(spec.name);
    for (const OptionSpec& spec : common_) names.push_back(spec.name);
    const std::string_view near = nearest(word.substr(2), names);
    if (!near.empty()) text += "; did you mean --" + std::string(near) + "?";
  } else {
    text += "; an argument that begins with - goes behind --";
  }
  return {kExitUsage, text};
}

Outcome<void> OptionParser::set(const OptionSpec& spec, std::string value, Parsed& parsed) const {
  const OptionSpec& meant = resolve(spec);
  if (const std::string fault = fault_of(meant, value); !fault.empty()) {
    return refuse_usage("--" + std::string(spec.name) + " \"" + value + "\": " + fault);
  }
  if (meant.kind == ValueKind::kChoice) value = find_choice(value, meant.choices);
  parsed.values_.insert_or_assign(std::string(meant.name), Parsed::Value{std::move(value), true});
  return {};
}

Outcome<void> OptionParser::read_words(const std::vector<std::string>& words, Parsed& parsed) const {
  namespace style = po::command_line_style;
  try {
    const auto description = describe(
        own_, common_, [this](const OptionSpec& spec) -> const OptionSpec& { return resolve(spec); });
    const auto takes_value = [this](std::string_view name) {
      const OptionSpec* spec = find(name);
      return spec != nullptr && resolve(*spec).kind != ValueKind::kSwitch;
    };
    const auto result = po::command_line_parser(split_empty_values(words, takes_value))
                            .options(description)
                            .style(style::unix_style & ~style::allow_guessing)
                            .run();
    for (const auto& option : result.options) {
      if (option.string_key.empty()) {
        parsed.arguments_.push_back(option.value.empty() ? "" : option.value.front());
        continue;
      }
      std::string value = option.value.empty() ? "true" : option.value.front();
      const bool letter = !option.original_tokens.empty() && !option.original_tokens[0].starts_with("--");
      if (letter && value.starts_with('=')) value.erase(0, 1);
      TRY(set(*find(option.string_key), std::move(value), parsed));
    }
  } catch (const po::unknown_option& error) {
    return refuse(unknown(error.get_option_name()));
  } catch (const po::error& error) {
    return refuse_usage(error.what());
  }
  return {};
}

Outcome<void> OptionParser::read_environment(const Environment& environment,
                                             std::span<const std::string_view> prefixes,
                                             Parsed& parsed) const {
  for (const OptionSpec& spec : common_) {
    for (const std::string_view prefix : prefixes) {
      if (parsed.given(resolve(spec).name)) break;
      const std::string name = variable_name(prefix, spec.name);
      const auto value = environment(name);
      if (!value || value->empty()) continue;
      if (auto outcome = set(spec, *value, parsed); !outcome) {
        return refuse_usage("environment variable " + name + ": " + outcome.error().text);
      }
    }
  }
  return {};
}

void OptionParser::fill_defaults(Parsed& parsed) const {
  for (const auto table : {own_, common_}) {
    for (const OptionSpec& spec : table) {
      if (!spec.fallback.empty() && spec.alias_of.empty()) {
        parsed.values_.try_emplace(std::string(spec.name), Parsed::Value{std::string(spec.fallback), false});
      }
    }
  }
}

Outcome<Parsed> OptionParser::parse(const std::vector<std::string>& words, const Environment& environment,
                                    std::span<const std::string_view> prefixes) const {
  Parsed parsed;
  TRY(read_words(words, parsed));
  TRY(read_environment(environment, prefixes, parsed));
  fill_defaults(parsed);
  return parsed;
}

std::vector<std::size_t> plain_words(const std::vector<std::string>& words,
                                     std::span<const OptionSpec> common, std::size_t count_max) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < words.size() && places.size() < count_max; ++i) {
    const std::string& word = words[i];
    if (word == "--") break;
    if (word.size() < 2 || word[0] != '-') {
      places.push_back(i);
      continue;
    }
    const OptionSpec* spec = find_by_word(common, word);
    if (spec != nullptr && !spec->placeholder.empty()) ++i;
  }
  return places;
}

}  // namespace tools
