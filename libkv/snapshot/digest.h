// SHA-256 of a stream.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace kv {

class Digest {
 public:
  Digest();
  ~Digest();
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void update(std::string_view bytes);
  /// The 32 bytes of everything so far; more may follow.
  [[nodiscard]] std::string value() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace kv
