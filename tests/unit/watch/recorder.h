// A sink that writes down what it is told, and takes it only when the test lets it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "libkv/watch/watches.h"

namespace kv {

class Recorder final : public WatchSink {
 public:
  void created(const WatchCreated& created) override {
    said.push_back("created " + std::to_string(created.watch_id) + " at " + std::to_string(created.revision) +
                   (created.refused ? " refused" : ""));
    if (created.refused) refusals.push_back(*created.refused);
  }
  void events(const WatchEvents& events) override {
    std::string line =
        "events " + std::to_string(events.watch_id) + " at " + std::to_string(events.revision) + ":";
    for (const Event* event : events.events) {
      line += (event->deleted ? " -" : " +") + event->key + "@" + std::to_string(event->revision.main);
      told[events.watch_id] += ' ' + event->key + '@' + std::to_string(event->revision.main);
      queued += event->message(events.request->prev_kv).size();
      if (events.request->prev_kv && event->encoded.size() > event->plain_bytes) line += "(prev)";
    }
    said.push_back(line);
  }
  void canceled(const WatchCanceled& canceled) override {
    std::string line = "canceled " + std::to_string(canceled.watch_id);
    if (canceled.compacted != 0) line += " compacted " + std::to_string(canceled.compacted);
    said.push_back(line);
  }
  void progress(std::int64_t watch_id, std::int64_t revision) override {
    said.push_back("progress " + std::to_string(watch_id) + " at " + std::to_string(revision));
  }
  void ended(WatchEnd why) override { said.push_back("ended " + std::to_string(static_cast<int>(why))); }
  [[nodiscard]] std::size_t queued_bytes() const override { return queued; }

  std::vector<std::string> said;
  std::vector<WatchRefusal> refusals;
  std::map<std::int64_t, std::string> told;  // by watch: key@revision each
  std::size_t queued = 0;                    // set to 0: everything was taken
};

}  // namespace kv
