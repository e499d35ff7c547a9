use crate::commit::Committer;
use crate::config::PROPOSALS_IN_WORK_MAX;
use api::v1::mover_server::Mover;
use api::v1::{ProposeRequest, ProposeResponse};
use chassis::Shutdown;
use futures::stream::BoxStream;
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};

pub struct Service {
    committer: Arc<Committer>,
    shutdown: Shutdown,
}

impl Service {
    pub fn new(committer: Committer, shutdown: Shutdown) -> Self {
        Self { committer: Arc::new(committer), shutdown }
    }
}

#[tonic::async_trait]
impl Mover for Service {
    type ProposeStream = BoxStream<'static, Result<ProposeResponse, Status>>;

    async fn propose(
        &self,
        request: Request<Streaming<ProposeRequest>>,
    ) -> Result<Response<Self::ProposeStream>, Status> {
        let committer = self.committer.clone();
        let handler = move |request| {
            let committer = committer.clone();
            async move { committer.answer(request).await }
        };
        let answers = chassis::answer(
            "muster.v1.Mover/Propose",
            request.into_inner(),
            PROPOSALS_IN_WORK_MAX,
            self.shutdown.clone(),
            handler,
        );
        Ok(Response::new(answers))
    }
}
