// workers
