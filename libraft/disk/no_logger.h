// What LevelDB is given for its own LOG file, which says nothing that its statuses do not.
#pragma once

#include <leveldb/env.h>

#include <cstdarg>

namespace raft {

class NoLogger final : public leveldb::Logger {
 public:
  void Logv(const char* /*format*/, std::va_list /*arguments*/) override {}
};

}  // namespace raft
