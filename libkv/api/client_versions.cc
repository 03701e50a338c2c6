#include "libkv/api/client_versions.h"

namespace kv::api {
namespace {

constexpr std::string_view kOther = "other";
constexpr std::string_view kUnknown = "unknown";

}  // namespace

ClientVersions::ClientVersions() {
  add(kOther);
}

void ClientVersions::count(std::string_view version) {
  if (version.empty()) version = kUnknown;
  if (version.size() > kVersionBytesMax) version = kOther;
  Slot* slot = find(version);
  if (slot == nullptr) slot = &add(version);
  slot->requests.fetch_add(1, std::memory_order_relaxed);
}

std::vector<std::pair<std::string, std::uint64_t>> ClientVersions::read() const {
  std::vector<std::pair<std::string, std::uint64_t>> all;
  const std::size_t used = used_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < used; ++i) {
    const std::uint64_t requests = slots_.at(i).requests.load(std::memory_order_relaxed);
    if (requests > 0) all.emplace_back(slots_.at(i).version, requests);
  }
  return all;
}

ClientVersions::Slot* ClientVersions::find(std::string_view version) {
  const std::size_t used = used_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < used; ++i) {
    if (slots_.at(i).version == version) return &slots_.at(i);
  }
  return nullptr;
}

ClientVersions::Slot& ClientVersions::add(std::string_view version) {
  std::lock_guard lock(adding_);
  if (Slot* meanwhile = find(version)) return *meanwhile;
  const std::size_t used = used_.load(std::memory_order_relaxed);
  if (used == kVersionsMax) return slots_.front();  // "other", the first
  slots_.at(used).version = version;
  used_.store(used + 1, std::memory_order_release);
  return slots_.at(used);
}

}  // namespace kv::api
