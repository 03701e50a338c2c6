#include "libkv/server/token_table.h"

#include <openssl/rand.h>
#include <openssl/sha.h>

#include <array>
#include <charconv>
#include <cstring>
#include <mutex>
#include <vector>

namespace kv {
namespace {

constexpr std::size_t kTokenLetters = 16;
/// What is longer is not looked at.
constexpr std::size_t kTokenBytesMax = 64;
constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
static_assert(kAlphabet.size() == 52);

}  // namespace

std::optional<Token> Token::parse(std::string_view text) {
  if (text.size() > kTokenBytesMax) return std::nullopt;
  const std::size_t dot = text.find('.');
  if (dot != kTokenLetters) return std::nullopt;
  const std::string_view digits = text.substr(dot + 1);
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Token{.letters = text.substr(0, dot), .index = raft::Index(index)};
}

TokenDigest Token::digest() const {
  return digest_of_letters(letters);
}

TokenDigest digest_of_letters(std::string_view letters) {
  TokenDigest digest;
  static_assert(digest.size() == SHA256_DIGEST_LENGTH);
  SHA256(reinterpret_cast<const unsigned char*>(letters.data()), letters.size(), digest.data());
  return digest;
}

std::size_t TokenTable::Hash::operator()(const TokenDigest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof(hash));
  return hash;
}

/// Bytes at the end of the range are not used: every letter is as likely.
std::optional<std::string> new_token_letters() {
  constexpr std::size_t kFair = 256 - 256 % kAlphabet.size();
  std::string letters;
  while (letters.size() < kTokenLetters) {
    std::array<unsigned char, 2 * kTokenLetters> chance{};
    if (RAND_bytes(chance.data(), chance.size()) != 1) return std::nullopt;
    for (const unsigned char byte : chance) {
      if (byte < kFair && letters.size() < kTokenLetters) letters += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return letters;
}

void TokenTable::add(const TokenDigest& digest, const std::string& user, raft::Index index,
                     Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  erase(digest);
  if (by_age_.size() >= options_.tokens_max) erase(TokenDigest(by_age_.begin()->second));
  const std::uint64_t number = next_++;
  known_.try_emplace(digest, user, index, number, deadline_from(now));
  by_age_.emplace(number, digest);
}

std::optional<std::string> TokenTable::use(const Token& token, Clock::time_point now) const {
  const TokenDigest digest = token.digest();
  const std::shared_lock lock(mutex_);
  const auto found = known_.find(digest);
  if (found == known_.end() || found->second.index != token.index) return std::nullopt;
  const Known& known = found->second;
  if (known.deadline.load(std::memory_order_relaxed) <= now.time_since_epoch().count()) return std::nullopt;
  known.deadline.store(deadline_from(now), std::memory_order_relaxed);
  return known.user;
}

std::optional<raft::Index> TokenTable::index_of(const TokenDigest& digest) const {
  const std::shared_lock lock(mutex_);
  const auto found = known_.find(digest);
  if (found == known_.end()) return std::nullopt;
  return found->second.index;
}

void TokenTable::drop_user(std::string_view user) {
  const std::lock_guard lock(mutex_);
  std::vector<TokenDigest> gone;
  for (const auto& [digest, known] : known_) {
    if (known.user == user) gone.push_back(digest);
  }
  for (const TokenDigest& digest : gone) erase(digest);
}

void TokenTable::clear() {
  const std::lock_guard lock(mutex_);
  known_.clear();
  by_age_.clear();
}

void TokenTable::expire(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  std::vector<TokenDigest> gone;
  for (const auto& [digest, known] : known_) {
    if (known.deadline.load(std::memory_order_relaxed) <= now.time_since_epoch().count())
      gone.push_back(digest);
  }
  for (const TokenDigest& digest : gone) erase(digest);
}

std::size_t TokenTable::size() const {
  const std::shared_lock lock(mutex_);
  return known_.size();
}

void TokenTable::erase(const TokenDigest& digest) {
  const auto found = known_.find(digest);
  if (found == known_.end()) return;
  by_age_.erase(found->second.number);
  known_.erase(found);
}

}  // namespace kv
