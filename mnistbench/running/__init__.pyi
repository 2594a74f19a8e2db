from . import runner as runner
from .child import Limits as Limits
from .dask_executor import DaskExecutor as DaskExecutor
from .local_executor import LocalExecutor as LocalExecutor
from .runner import Executor as Executor
