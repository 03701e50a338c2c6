#include "tests/unit/log/script.h"

#include <algorithm>
#include <utility>

#include "libraft/base/random.h"

namespace raft::testing {
namespace {

/// The shape of the log that a script has made so far.
class ScriptWriter {
 public:
  ScriptWriter(std::uint64_t seed, std::size_t payload_bytes_max)
      : random_(seed), payload_bytes_max_(payload_bytes_max) {}

  Step next() {
    Step step = choose();
    model_.apply(step);
    return step;
  }

 private:
  Step choose() {
    switch (random_.below(10)) {
      case 0:
        return truncation();
      case 1:
        return replacement();
      case 2:
        ++term_;
        return LogBatch{.hard_state = HardState{Term(term_), NodeId(1 + random_.below(3))}};
      case 3:
        return random_.below(3) > 0 ? Step(LogBatch{.entries = entries_from(model_.last().next())})
                                    : install();
      default:
        return LogBatch{.entries = entries_from(model_.last().next())};
    }
  }

  Step truncation() {
    if (model_.entries.size() < 4) return LogBatch{.hard_state = HardState{Term(term_), std::nullopt}};
    auto found = model_.entries.begin();
    std::advance(found, random_.below(model_.entries.size() - 1));
    return EntryId{found->first, found->second.term};
  }

  /// A state from elsewhere takes the log's place.
  Step install() { return EntryId{model_.last() + 1 + random_.below(5), Term(term_)}; }

  Step replacement() {
    if (model_.entries.empty()) return LogBatch{.entries = entries_from(model_.last().next())};
    ++term_;
    auto found = model_.entries.begin();
    std::advance(found, random_.below(model_.entries.size()));
    return LogBatch{.hard_state = HardState{Term(term_), std::nullopt},
                    .entries = entries_from(found->first)};
  }

  std::vector<Entry> entries_from(Index first) {
    std::vector<Entry> entries;
    const std::uint64_t count = 1 + random_.below(4);
    for (std::uint64_t i = 0; i < count; ++i) {
      std::string payload(random_.below(payload_bytes_max_), '\0');
      for (std::size_t at = 0; at < payload.size(); at += 1 + random_.below(700)) payload[at] = 'x';
      entries.push_back(entry((first + i).value(), term_, std::move(payload)));
    }
    return entries;
  }

  Random random_;
  const std::size_t payload_bytes_max_;
  std::uint64_t term_ = 1;
  Model model_;
};

std::string mismatch(const std::string& what, std::uint64_t found, std::uint64_t expected) {
  return what + " is " + std::to_string(found) + ", not " + std::to_string(expected);
}

std::string entry_difference(const Entry& found, const Entry& expected) {
  const std::string place = "entry " + std::to_string(expected.index.value());
  if (found.index != expected.index) return mismatch(place, found.index.value(), expected.index.value());
  if (found.term != expected.term)
    return mismatch(place + " term", found.term.value(), expected.term.value());
  if (found.type != expected.type) return place + " has another type";
  if (found.bytes() != expected.bytes()) return place + " has another payload";
  return {};
}

std::string runs_difference(const LogState& state, const Model& model) {
  std::vector<TermRun> runs;
  for (const auto& [index, entry] : model.entries) {
    const Term before = runs.empty() ? model.base.term : runs.back().term;
    if (runs.empty() || entry.term != before) runs.push_back({index, entry.term});
  }
  return runs == state.runs ? "" : "the runs of terms differ";
}

}  // namespace

Entry entry(std::uint64_t index, std::uint64_t term, std::string payload, EntryType type) {
  SharedBytes bytes;
  if (!payload.empty()) bytes = std::make_shared<const std::string>(std::move(payload));
  return {Index(index), Term(term), type, std::move(bytes)};
}

void Model::apply(const Step& step) {
  if (const auto* new_base = std::get_if<EntryId>(&step)) {
    const auto found = entries.find(new_base->index);
    const bool kept = found != entries.end() && found->second.term == new_base->term;
    entries.erase(entries.begin(), kept ? std::next(found) : entries.end());
    base = *new_base;
    return;
  }
  const auto& batch = std::get<LogBatch>(step);
  if (batch.hard_state) hard_state = *batch.hard_state;
  if (batch.entries.empty()) return;
  entries.erase(entries.lower_bound(batch.entries.front().index), entries.end());
  for (const Entry& added : batch.entries) entries[added.index] = added;
}

std::string difference(const LogStore& store, const Model& model) {
  const LogState& state = store.opened();
  if (state.hard_state != model.hard_state) return "the hard state differs";
  if (state.base != model.base) return mismatch("base", state.base.index.value(), model.base.index.value());
  if (state.last != model.last()) return mismatch("last", state.last.value(), model.last().value());
  if (auto runs = runs_difference(state, model); !runs.empty()) return runs;
  if (model.entries.empty()) return {};
  const auto read = store.read(model.entries.begin()->first, model.last(), SIZE_MAX);
  if (!read) return read.error().text();
  if (read->size() != model.entries.size()) return mismatch("count", read->size(), model.entries.size());
  auto expected = model.entries.begin();
  for (const Entry& found : *read) {
    if (auto differs = entry_difference(found, (expected++)->second); !differs.empty()) return differs;
  }
  return {};
}

Result<void> LogOnDisk::open() {
  close();
  env_ = std::make_unique<LatchEnv>(&disk_);
  auto opened = open_log_store({.env = env_.get(), .path = kLogPath, .write_buffer_bytes = 64U << 10U});
  if (!opened) return fail(std::move(opened.error()));
  store_ = std::move(*opened);
  return {};
}

void LogOnDisk::close() {
  disk_.run_background();
  store_.reset();
  failed_before_ = failed();
  env_.reset();
}

Result<void> LogOnDisk::run(const Step& step) {
  auto done = std::holds_alternative<EntryId>(step) ? store_->truncate_prefix(std::get<EntryId>(step))
                                                    : store_->append(std::get<LogBatch>(step));
  disk_.run_background();
  return done;
}

std::vector<Step> make_script(std::uint64_t seed, int steps, std::size_t payload_bytes_max) {
  ScriptWriter writer(seed, payload_bytes_max);
  std::vector<Step> script;
  for (int i = 0; i < steps; ++i) script.push_back(writer.next());
  return script;
}

}  // namespace raft::testing
