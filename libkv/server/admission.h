// What is asked before a client's request goes into the log.
#pragma once

#include <cstdint>

#include "libkv/machine/machine.h"
#include "libkv/server/divergence_desk.h"
#include "libkv/server/requests.h"
#include "libkv/server/space_desk.h"
#include "libkv/server/version_desk.h"

namespace kv {

/// Owns nothing. Thread: any.
class Admission {
 public:
  struct Parts {
    const Machine& machine;
    const DivergenceDesk& divergence;
    const VersionDesk& versions;
    SpaceDesk& space;
    Requests& requests;
    std::uint32_t (*required_version)(const Operation&);
  };

  explicit Admission(const Parts& parts) : parts_(parts) {}

  /// As KvServer has them.
  void write(Operation operation, WriteDone done, const WriteOptions& options);
  void read(ReadDone done);

 private:
  void write_once(Operation operation, WriteDone done, const WriteOptions& options);
  void refuse_for_version(std::uint32_t needed, const WriteDone& done);

  const Parts parts_;
};

}  // namespace kv
