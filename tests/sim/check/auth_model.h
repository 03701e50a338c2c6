// A second, simple implementation of users, roles and permissions: who is refused what.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "libkv/machine/command.h"
#include "libkv/machine/outcome.h"

namespace sim {

/// Keeps permissions as they were granted, and decides key by key.
class AuthModel {
 public:
  /// `keys_of`: those that hang on a lease.
  explicit AuthModel(std::function<std::vector<std::string>(std::int64_t lease)> keys_of)
      : keys_of_(std::move(keys_of)) {}

  /// Why the command is refused before anything else is looked at.
  [[nodiscard]] std::optional<kv::KvError> refusal(const kv::Command& command) const;
  /// What a command about users and roles gives; nothing for any other.
  std::optional<std::expected<kv::OperationResult, kv::KvError>> apply(const kv::Operation& operation);

 private:
  struct Account {
    bool no_password = false;
    std::set<std::string> roles;
  };
  /// Of one key (range_end empty), or of a range.
  using Grants = std::map<std::pair<std::string, std::string>, kv::PermissionType>;
  struct Changer;
  struct Judge;

  [[nodiscard]] bool is_root(const std::string& user) const;
  [[nodiscard]] bool allows(const std::string& user, const std::string& key, bool write) const;
  [[nodiscard]] bool covers(const std::string& user, const std::string& key, const std::string& range_end,
                            bool write) const;

  const std::function<std::vector<std::string>(std::int64_t)> keys_of_;
  bool enabled_ = false;
  std::uint64_t revision_ = 1;
  std::map<std::string, Account> users_;
  std::map<std::string, Grants> roles_;
};

}  // namespace sim
