#include "tools/kvctl/importer.h"

#include <utility>

namespace tools::kvctl {
namespace {

using etcdserverpb::Compare;
using etcdserverpb::TxnRequest;
using etcdserverpb::TxnResponse;

void add_put(TxnRequest& request, const ImportLine& line) {
  auto& put = *request.add_success()->mutable_request_put();
  put.set_key(line.key);
  put.set_value(line.value);
}

/// Writes `lines` if none of their keys exists, else looks at all of them.
TxnRequest create_request(const std::vector<const ImportLine*>& lines) {
  TxnRequest request;
  for (const ImportLine* line : lines) {
    Compare& absent = *request.add_compare();
    absent.set_key(line->key);
    absent.set_target(Compare::VERSION);
    absent.set_result(Compare::EQUAL);
    absent.set_version(0);
    add_put(request, *line);
    request.add_failure()->mutable_request_range()->set_key(line->key);
  }
  return request;
}

void add_counts(ImportCounts& sum, const ImportCounts& more) {
  sum.written += more.written;
  sum.unchanged += more.unchanged;
  sum.kept += more.kept;
  if (sum.first_kept.empty()) sum.first_kept = more.first_kept;
}

/// Counts the lines whose keys exist, and leaves those in `lines` whose keys do not.
void sort_out(const TxnResponse& response, std::vector<const ImportLine*>& lines, ImportCounts& counts) {
  std::vector<const ImportLine*> absent;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& found = response.responses(static_cast<int>(i)).response_range();
    if (found.kvs_size() == 0) {
      absent.push_back(lines[i]);
    } else if (found.kvs(0).value() == lines[i]->value) {
      ++counts.unchanged;
    } else {
      if (counts.kept++ == 0) counts.first_kept = lines[i]->key;
    }
  }
  lines = std::move(absent);
}

}  // namespace

Importer::Importer(ImportMode mode, Send send) : mode_(mode), send_(std::move(send)) {
  for (std::size_t i = 0; i < kBatchesInFlightMax; ++i) workers_.emplace_back([this] { work(); });
}

Importer::~Importer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  changed_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

Outcome<void> Importer::add(ImportLine line, std::size_t line_number) {
  if (keys_open_.contains(line.key)) {
    // Batches overtake each other: the earlier value has to be in place first.
    TRY(dispatch());
    TRY(wait_until_idle());
  }
  const std::size_t bytes = line.key.size() + line.value.size();
  const bool full = filling_.lines.size() == kBatchKeysMax || filling_.bytes + bytes > kBatchBytesMax;
  if (full && !filling_.lines.empty()) TRY(dispatch());
  if (filling_.lines.empty()) filling_.first_line = line_number;
  filling_.last_line = line_number;
  filling_.bytes += bytes;
  keys_open_.insert(line.key);
  filling_.lines.push_back(std::move(line));
  return {};
}

Outcome<void> Importer::dispatch() {
  if (filling_.lines.empty()) return {};
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || under_way_ < kBatchesInFlightMax; });
  if (failure_) return refuse(*failure_);
  // The set of open keys only grows until all is done: it is emptied here before it becomes large.
  constexpr std::size_t kKeysOpenMax = 100 * kBatchesInFlightMax * kBatchKeysMax;
  if (keys_open_.size() >= kKeysOpenMax) {
    changed_.wait(lock, [this] { return failure_ || under_way_ == 0; });
    keys_open_.clear();
    for (const ImportLine& line : filling_.lines) keys_open_.insert(line.key);
  }
  ++under_way_;
  waiting_.push_back(std::exchange(filling_, {}));
  lock.unlock();
  changed_.notify_all();
  return {};
}

Outcome<void> Importer::wait_until_idle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || under_way_ == 0; });
  if (failure_) return refuse(*failure_);
  keys_open_.clear();
  return {};
}

Outcome<ImportCounts> Importer::finish() {
  TRY(dispatch());
  TRY(wait_until_idle());
  return counts();
}

ImportCounts Importer::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void Importer::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    const bool wanted = !failure_;
    lock.unlock();
    if (wanted) settle(batch, send(batch));
    lock.lock();
    --under_way_;
    changed_.notify_all();
  }
}

void Importer::settle(const Batch& batch, Outcome<ImportCounts> outcome) {
  const std::lock_guard lock(mutex_);
  if (outcome) {
    add_counts(counts_, *outcome);
  } else if (!failure_) {
    failure_ = std::move(outcome.error());
    failure_->text = "lines " + std::to_string(batch.first_line) + " to " + std::to_string(batch.last_line) +
                     ": " + failure_->text;
  }
}

Outcome<ImportCounts> Importer::send(const Batch& batch) const {
  return mode_ == ImportMode::kCreate ? create(batch) : overwrite(batch);
}

Outcome<ImportCounts> Importer::overwrite(const Batch& batch) const {
  TxnRequest request;
  for (const ImportLine& line : batch.lines) add_put(request, line);
  TRY(send_(request));
  return ImportCounts{.written = batch.lines.size()};
}

Outcome<ImportCounts> Importer::create(const Batch& batch) const {
  ImportCounts counts;
  std::vector<const ImportLine*> lines;
  lines.reserve(batch.lines.size());
  for (const ImportLine& line : batch.lines) lines.push_back(&line);
  // Every turn is shorter than the one before, unless others create and delete the same keys meanwhile.
  constexpr int kTurnsMax = 100;
  for (int turn = 0; turn < kTurnsMax && !lines.empty(); ++turn) {
    TRY_ASSIGN(const TxnResponse response, send_(create_request(lines)));
    if (response.succeeded()) {
      counts.written += lines.size();
      return counts;
    }
    if (response.responses_size() != static_cast<int>(lines.size())) {
      return refuse(kExitProtocol, "the answer is not of the etcd API");
    }
    sort_out(response, lines, counts);
  }
  if (!lines.empty()) return refuse(kExitTemporary, "the keys come and go under other hands");
  return counts;
}

}  // namespace tools::kvctl
