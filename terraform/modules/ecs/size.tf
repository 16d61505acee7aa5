# Calculates from the size of a worker's task how many jobs it runs at once, and what each may use.
locals {
  # What the worker itself takes of the task's MiB: its heap (docker/worker/Dockerfile: MaxRAMPercentage), what Java takes
  # beside it (worker/agent/JobShare.java: 768), and as much again to spare for the kernel's pages, programs that pack and
  # measure files, and bursts; and the collector's. GiB for the image and for output on its way to S3.
  worker_heap   = ceil(var.worker.memory * 10 / 100)
  worker_memory = max(2048, local.worker_heap) + 768 + 768 + local.collector_memory
  worker_disk   = 10

  # MiB of the collector beside it, more than which it cannot take.
  collector_memory = var.collector == null ? 0 : 256

  slots = min(
    floor((var.worker.memory - local.worker_memory) / var.worker.job_memory),
    floor((var.worker.disk_gib - local.worker_disk) / var.worker.job_disk_gib),
    64
  )

  # Even when all slots use their limits, the task has enough. The remainder is divided among the slots.
  size = {
    slots        = local.slots
    job_memory   = floor((var.worker.memory - local.worker_memory) / max(1, local.slots))
    job_disk_gib = floor((var.worker.disk_gib - local.worker_disk) / max(1, local.slots))
  }

  # Fargate's sizes by CPU units: smallest MiB, largest MiB, step.
  # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-cpu-memory-error.html
  fargate = {
    "512"   = { from = 1024, to = 4096, step = 1024 }
    "1024"  = { from = 2048, to = 8192, step = 1024 }
    "2048"  = { from = 4096, to = 16384, step = 1024 }
    "4096"  = { from = 8192, to = 30720, step = 1024 }
    "8192"  = { from = 16384, to = 61440, step = 4096 }
    "16384" = { from = 32768, to = 122880, step = 8192 }
  }
}
