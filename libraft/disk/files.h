// The files of the posix env.
#pragma once

#include <leveldb/env.h>

#include <string>

#include "libraft/disk/disk_env.h"

namespace raft {

/// An errno as LevelDB's status; ENOENT is NotFound.
leveldb::Status errno_status(const std::string& path, int error);

/// fsync of a directory: makes creations, renames and removals in it durable.
leveldb::Status sync_directory(const std::string& directory);

/// IOError when less than `reserve_bytes` is free where `path` lives.
leveldb::Status check_reserve(const std::string& path, std::uint64_t reserve_bytes);

enum class FileUse {
  kLog,    ///< grows for long, is synced often: preallocated
  kOther,  ///< written once
};

/// Creates or truncates `path`.
leveldb::Status open_writable(const std::string& path, FileUse use, const DiskOptions& options,
                              leveldb::WritableFile** file);

/// Reads with pread: a fault of the disk is a status here, where a mapped file would end the process (finding
/// F7).
leveldb::Status open_random(const std::string& path, leveldb::RandomAccessFile** file);

}  // namespace raft
