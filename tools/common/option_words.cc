#include "tools/common/option_words.h"

#include <algorithm>

namespace tools {
namespace {

class Speller {
 public:
  Speller(const std::vector<std::string>& words, const OptionTables& tables)
      : words_(words), tables_(tables) {}

  std::vector<std::string> run() {
    while (next_ < words_.size() && words_[next_] != "--") {
      const std::string& word = words_[next_++];
      if (word.starts_with("--")) {
        long_option(word);
      } else if (word.size() > 1 && word.starts_with('-')) {
        letters(word);
      } else {
        out_.push_back(word);
      }
    }
    out_.insert(out_.end(), words_.begin() + static_cast<std::ptrdiff_t>(next_), words_.end());
    return std::move(out_);
  }

 private:
  void long_option(const std::string& word) {
    const auto equals = word.find('=');
    const OptionSpec* spec = tables_.find(std::string_view(word).substr(2, equals - 2));
    if (spec == nullptr) {
      out_.push_back(word);
    } else if (equals != std::string::npos) {
      push(*spec, word.substr(equals + 1));
    } else {
      without_value(*spec);
    }
  }

  /// -q, -qi, -w VALUE, -wVALUE, -w=VALUE.
  void letters(const std::string& word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const OptionSpec* spec = tables_.find(word[i]);
      if (spec == nullptr) {
        out_.push_back("-" + word.substr(i));
        return;
      }
      std::string rest = word.substr(i + 1);
      const bool equals = rest.starts_with('=');
      if (equals || (tables_.takes_value(*spec) && !rest.empty())) {
        push(*spec, rest.substr(equals ? 1 : 0));
        return;
      }
      without_value(*spec);
    }
  }

  void without_value(const OptionSpec& spec) {
    if (!tables_.takes_value(spec)) {
      push(spec, "true");
    } else if (next_ < words_.size()) {
      push(spec, words_[next_++]);
    } else {
      out_.push_back("--" + std::string(spec.name));
    }
  }

  void push(const OptionSpec& spec, const std::string& value) {
    out_.push_back("--" + std::string(spec.name) + (value.empty() ? "" : "=" + value));
    if (value.empty()) out_.emplace_back();
  }

  const std::vector<std::string>& words_;
  const OptionTables& tables_;
  std::size_t next_ = 0;
  std::vector<std::string> out_;
};

}  // namespace

const OptionSpec* OptionTables::find(std::string_view name) const {
  for (const auto table : {own_, common_}) {
    const auto found = std::ranges::find(table, name, &OptionSpec::name);
    if (found != table.end()) return &*found;
  }
  return nullptr;
}

const OptionSpec* OptionTables::find(char letter) const {
  for (const auto table : {own_, common_}) {
    const auto found = std::ranges::find(table, letter, &OptionSpec::letter);
    if (letter != 0 && found != table.end()) return &*found;
  }
  return nullptr;
}

const OptionSpec& OptionTables::resolve(const OptionSpec& spec) const {
  const OptionSpec* meant = spec.alias_of.empty() ? nullptr : find(spec.alias_of);
  return meant == nullptr ? spec : *meant;
}

std::vector<std::string_view> OptionTables::names() const {
  std::vector<std::string_view> names;
  for (const OptionSpec& spec : own_) names.push_back(spec.name);
  for (const OptionSpec& spec : common_) names.push_back(spec.name);
  return names;
}

std::vector<std::string> spell_out(const std::vector<std::string>& words, const OptionTables& tables) {
  return Speller(words, tables).run();
}

std::vector<std::size_t> plain_words(const std::vector<std::string>& words,
                                     std::span<const OptionSpec> common, std::size_t count_max) {
  const OptionTables tables({}, common);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < words.size() && places.size() < count_max && words[i] != "--"; ++i) {
    const std::string& word = words[i];
    if (word.size() < 2 || word[0] != '-') {
      places.push_back(i);
      continue;
    }
    const OptionSpec* spec = word[1] == '-'     ? tables.find(std::string_view(word).substr(2))
                             : word.size() == 2 ? tables.find(word[1])
                                                : nullptr;
    if (spec != nullptr && tables.takes_value(*spec)) ++i;
  }
  return places;
}

}  // namespace tools
