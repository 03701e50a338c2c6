// The desks of one member, in the order in which they hear.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "libkv/server/desk.h"

namespace kv {

/// Does not own them. Thread: add before everything else; the others as Desk has it.
class Desks {
 public:
  /// Behind those that are there. `kinds`: the notes that it hears, and nobody else.
  void add(Desk& desk, std::initializer_list<NoteKind> kinds = {});

  void applied(AppliedBatch& batch) {
    for (Desk* desk : desks_) desk->applied(batch);
  }
  void installed() {
    for (Desk* desk : desks_) desk->installed();
  }
  /// Opens the envelope; a note that no desk hears is dropped.
  void received(raft::NodeId from, std::string_view note);
  void status_changed(const raft::CoreStatus& status) {
    for (Desk* desk : desks_) desk->status_changed(status);
  }
  void ticked(Desk::Clock::time_point now) {
    for (Desk* desk : desks_) desk->ticked(now);
  }
  void closed() {
    for (Desk* desk : desks_) desk->closed();
  }
  void stopped() {
    for (Desk* desk : desks_) desk->stopped();
  }

 private:
  std::vector<Desk*> desks_;
  std::array<Desk*, 128> by_kind_{};
};

}  // namespace kv
