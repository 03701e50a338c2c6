// The files of the disk env.
#pragma once

#include <leveldb/env.h>

#include <memory>
#include <string>

#include "libraft/disk/disk_env.h"
#include "libraft/disk/latch.h"

namespace raft {

/// An errno as LevelDB's status; ENOENT is NotFound.
leveldb::Status errno_status(const std::string& path, int error);

/// fsync of a directory: makes creations, renames and removals in it durable.
leveldb::Status sync_directory(const std::string& directory);

/// IOError when less than `reserve_bytes` is free where `path` lives.
leveldb::Status check_reserve(const std::string& path, std::uint64_t reserve_bytes);

/// Creates or truncates `path`. `log`: preallocate, and sync before closing.
leveldb::Status open_writable(const std::string& path, bool log, const DiskOptions& options,
                              std::shared_ptr<Latch> latch, leveldb::WritableFile** file);

/// Reads with pread: a fault of the disk is a status here, where a mapped file would end the process (finding
/// F7).
leveldb::Status open_random(const std::string& path, std::shared_ptr<Latch> latch,
                            leveldb::RandomAccessFile** file);

}  // namespace raft
