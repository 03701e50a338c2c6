#include "tools/common/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>

#include "tools/common/option_words.h"
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

/// Every option takes a value: spell_out gave switches one.
po::options_description describe(const OptionTables& tables) {
  po::options_description description;
  for (const std::string_view name : tables.names()) {
    auto* value = po::value<std::string>();  // the description takes it over
    description.add_options()(std::string(name).c_str(), value);
  }
  return description;
}

std::string variable_name(std::string_view prefix, std::string_view option) {
  std::string name(prefix);
  for (const char c : option) name += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return name;
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

Failure OptionParser::unknown(std::string_view word) const {
  word = word.substr(0, word.find('='));
  std::string text = "unknown option " + std::string(word);
  if (word.starts_with("--")) {
    const std::string_view near = nearest(word.substr(2), OptionTables(own_, common_).names());
    if (!near.empty()) text += "; did you mean --" + std::string(near) + "?";
  } else {
    text += "; an argument that begins with - goes behind --";
  }
  return {kExitUsage, text};
}

Outcome<void> OptionParser::set(const OptionSpec& spec, std::string value, Parsed& parsed) const {
  const OptionSpec& meant = OptionTables(own_, common_).resolve(spec);
  if (const std::string fault = fault_of(meant, value); !fault.empty()) {
    return refuse_usage("--" + std::string(spec.name) + " \"" + value + "\": " + fault);
  }
  if (meant.kind == ValueKind::kChoice) value = find_choice(value, meant.choices);
  parsed.values_.insert_or_assign(std::string(meant.name), Parsed::Value{std::move(value), true});
  return {};
}

Outcome<void> OptionParser::read_words(const std::vector<std::string>& words, Parsed& parsed) const {
  namespace style = po::command_line_style;
  const OptionTables tables(own_, common_);
  try {
    const auto description = describe(tables);
    const auto result = po::command_line_parser(spell_out(words, tables))
                            .options(description)
                            .style(style::unix_style & ~style::allow_guessing)
                            .run();
    for (const auto& option : result.options) {
      std::string value = option.value.empty() ? "" : option.value.front();
      if (option.string_key.empty()) {
        parsed.arguments_.push_back(std::move(value));
      } else {
        TRY(set(*tables.find(option.string_key), std::move(value), parsed));
      }
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
      if (parsed.given(OptionTables(own_, common_).resolve(spec).name)) break;
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

}  // namespace tools
