#include "libraft/disk/database.h"

namespace raft {

leveldb::Options database_options(leveldb::Env* env) {
  leveldb::Options options;
  options.env = env;
  options.create_if_missing = true;
  options.paranoid_checks = true;
  options.reuse_logs = false;
  options.compression = leveldb::kNoCompression;
  options.write_buffer_size = 32U << 20U;
  options.max_file_size = 32U << 20U;
  return options;
}

leveldb::ReadOptions read_options() {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

Error database_error(const leveldb::Status& status, const std::string& where) {
  const std::string text = status.ToString();
  ErrorCode code = ErrorCode::kIo;
  if (status.IsCorruption()) code = ErrorCode::kCorruption;
  if (status.IsNotFound()) code = ErrorCode::kNotFound;
  if (text.find("No space left") != std::string::npos) code = ErrorCode::kNoSpace;
  return {code, where, text};
}

Result<void> checked(const leveldb::Status& status, const std::string& where) {
  if (status.ok()) return {};
  return fail(database_error(status, where));
}

}  // namespace raft
