use crate::follow;
use crate::handler::Handler;
use api::v1::play_server::Play;
use api::v1::{self, Update};
use doors::principal;
use futures::stream::BoxStream;
use tonic::{Request, Response, Status, Streaming};

/// The public face.
pub struct Service(pub Handler);

#[tonic::async_trait]
impl Play for Service {
    type WatchStream = BoxStream<'static, Result<Update, Status>>;
    type FollowStream = BoxStream<'static, Result<v1::FollowResponse, Status>>;

    async fn watch(&self, request: Request<v1::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.0.watch(&principal(request.extensions()), request.into_inner()).await.map(Response::new)
    }

    async fn follow(
        &self,
        request: Request<Streaming<v1::FollowRequest>>,
    ) -> Result<Response<Self::FollowStream>, Status> {
        Ok(Response::new(follow::serve(self.0.clone(), principal(request.extensions()), request.into_inner())))
    }

    async fn acknowledge(
        &self,
        request: Request<v1::AcknowledgeRequest>,
    ) -> Result<Response<v1::AcknowledgeResponse>, Status> {
        self.0.acknowledge_match(&principal(request.extensions()), request.into_inner()).await?;
        Ok(Response::new(v1::AcknowledgeResponse {}))
    }

    async fn end_match(&self, request: Request<v1::EndMatchRequest>) -> Result<Response<v1::EndMatchResponse>, Status> {
        let matched = self.0.end(request.into_inner()).await?;
        Ok(Response::new(v1::EndMatchResponse { r#match: Some(matched) }))
    }
}
