#include "libkv/server/desks.h"

#include "libraft/base/check.h"

namespace kv {

void Desks::add(Desk& desk, std::initializer_list<NoteKind> kinds) {
  desks_.push_back(&desk);
  for (const NoteKind kind : kinds) {
    Desk*& hears = by_kind_.at(static_cast<std::size_t>(kind));
    RAFT_CHECK(hears == nullptr);
    hears = &desk;
  }
}

void Desks::received(raft::NodeId from, std::string_view bytes) {
  const auto note = decode_note(bytes);
  if (!note) return;
  Desk* const desk = by_kind_[static_cast<std::size_t>(note->kind)];
  if (desk != nullptr) desk->received(from, *note);
}

}  // namespace kv
