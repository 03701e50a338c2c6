// A watching client's end of a connection in virtual time.
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <variant>
#include <vector>

#include "libkv/watch/watches.h"

namespace sim {

/// What was told and not read yet. Shared with the hub, which may outlive the connection.
class WatchConnection final : public kv::WatchSink {
 public:
  struct Response {
    std::int64_t revision = 0;
    std::vector<kv::Event> events;
  };
  struct Progress {
    std::int64_t revision = 0;
  };
  struct Overtaken {
    std::int64_t revision = 0;
  };
  struct Over {};
  using Told = std::variant<kv::WatchCreated, Response, Progress, Overtaken, Over>;

  void created(const kv::WatchCreated& created) override { told.emplace_back(created); }
  void events(const kv::WatchEvents& events) override {
    Response response{.revision = events.revision, .events = {}};
    for (const kv::Event* event : events.events) {
      response.events.push_back(*event);
      bytes += event->bytes();
    }
    told.emplace_back(std::move(response));
  }
  void canceled(const kv::WatchCanceled& canceled) override {
    told.emplace_back(Overtaken{canceled.compacted});
  }
  void progress(std::int64_t, std::int64_t revision) override { told.emplace_back(Progress{revision}); }
  void ended(kv::WatchEnd) override { told.emplace_back(Over{}); }
  [[nodiscard]] std::size_t queued_bytes() const override { return bytes; }

  std::deque<Told> told;
  std::size_t bytes = 0;
};

}  // namespace sim
